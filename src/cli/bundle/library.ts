/**
 * The library as one file of JavaScript: an entry point of this very release, bundled and minified in
 * this process. Deno bundles with esbuild, which it fetches from npm once; no other program is started.
 *
 * Limits: Deno 2.9 offers it behind `--unstable-bundle`, which `deno task elbow` sets.
 */
import { kernelBytes, SCORE_KERNELS } from "../../backends/open_score.ts";

/** What may be bundled. */
export type LibraryEntry =
  | "../../http/workerd.ts"
  | "../../http/mod.ts"
  | "../../scoring/mod.ts"
  | "../../trained/mod.ts";

/** Deno's bundler, as far as it is used here. */
interface Bundler {
  bundle?(options: {
    readonly entrypoints: readonly string[];
    readonly platform: "browser";
    readonly minify: boolean;
    readonly write: false;
    readonly outputPath: string;
  }): Promise<{
    readonly success: boolean;
    readonly errors: readonly { readonly text: string }[];
    readonly outputFiles?: readonly { text(): string }[];
  }>;
}

/**
 * @param entry relative to this file
 * @throws DOMException "NotSupportedError" where Deno has no bundler to offer
 */
export async function bundleLibrary(entry: LibraryEntry): Promise<string> {
  const { bundle } = Deno as unknown as Bundler;
  if (!bundle) {
    throw new DOMException(
      "Cannot bundle: run deno 2.9 or later with --unstable-bundle, as deno task elbow does",
      "NotSupportedError",
    );
  }
  const { success, errors, outputFiles = [] } = await bundle({
    entrypoints: [new URL(entry, import.meta.url).href],
    platform: "browser",
    minify: true,
    write: false,
    outputPath: "elbow.js",
  });
  if (success && outputFiles.length === 1) return outputFiles[0].text();
  throw new DOMException(`Cannot bundle: ${errors[0]?.text ?? "no output"}`, "OperationError");
}

/** The same without its embedded kernels, for hosts that are given them as a module. */
export function withoutKernels(library: string): string {
  return library.replace(SCORE_KERNELS.hex, "");
}

/** The build of the kernels that has the same bits everywhere, as a WebAssembly file. */
export function kernelFile(): Uint8Array {
  return kernelBytes(SCORE_KERNELS, "simd");
}
