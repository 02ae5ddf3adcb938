/** Hands a file to the browser's own download. */
export function saveFile(name: string, content: BlobPart, type: string) {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // the browser has to have taken the bytes before the address may go
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
