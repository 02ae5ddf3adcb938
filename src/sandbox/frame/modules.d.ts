// What framePlugin.mjs makes: the frame's document and the worker's script, as text.
declare module 'box:*' {
  const text: string
  export default text
}
