// The parser, by the name of its file: the package's entry for Node is CommonJS in a package of modules, which Node
// refuses (wgsl_reflect 1.6.0). Drop this file when "wgsl_reflect" itself can be imported there.

export * from 'wgsl_reflect/wgsl_reflect.module.js'
