// What build/assemblyPlugin.mjs makes of an import of "kernels:…": a WebAssembly module as base64 text.
declare module 'kernels:*' {
  const base64: string
  export default base64
}
