/**
 * The library as one JavaScript file: an entry point of this release, bundled and minified in this process. Deno
 * bundles with esbuild, which it fetches from npm once; no other program is started.
 *
 * Limits: Deno 2.9 offers it behind `--unstable-bundle`, which `deno task elbow` sets.
 */
import { kernelBytes, SCORE_KERNELS } from "../../backends/open_score.ts";

/** The entry points that can be bundled. */
export type LibraryEntry =
  | "../../http/workerd.ts"
  | "../../http/mod.ts"
  | "../../scoring/mod.ts"
  | "../../trained/mod.ts";

/** The part of Deno's bundler in use. */
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
 * @throws DOMException "NotSupportedError" if Deno offers no bundler
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

/** The library without its embedded kernels, for hosts that get them as a module. */
export function withoutKernels(library: string): string {
  return library.replace(SCORE_KERNELS.hex, "");
}

/** The build of the kernels with the same bits on every machine, as a WebAssembly file. */
export function kernelFile(): Uint8Array {
  return kernelBytes(SCORE_KERNELS, "simd");
}
