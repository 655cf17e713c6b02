/** A style sheet as text, for a shadow root. */
declare module '*.css?inline' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: this is how the builder gives it.
  export default text
}
