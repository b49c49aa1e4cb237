/** Functions of modules as on a host that forbids compiling WebAssembly. */

/**
 * A function of a second copy of a module, which finds at each call that nothing can be compiled.
 * @param url of the module, as `import.meta.resolve` gives it
 */
export async function withoutCompiler<Given extends unknown[], Result>(
  url: string,
  name: string,
): Promise<(...given: Given) => Result> {
  const copy: Record<string, (...given: Given) => Result> = await import(`${url}?without`);
  const { Module } = WebAssembly;
  return (...given) => {
    WebAssembly.Module = class {
      constructor() {
        throw new WebAssembly.CompileError("Forbidden");
      }
    } as unknown as typeof Module;
    try {
      return copy[name](...given);
    } finally {
      WebAssembly.Module = Module;
    }
  };
}
