// Stands where the harness appends its counts to a file: here the page reads them.

export const lines: string[] = []

export function appendFileSync(_file: string, line: string): void {
  lines.push(line.trim())
}
