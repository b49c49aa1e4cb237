/** Headless Chromium, controlled by the tests: a page served with or without the headers that allow shared memory. */
import { type BrowserContext, chromium, type Page } from "npm:playwright-core@1.65.1";

const ARGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css",
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  json: "application/json",
  wasm: "application/wasm",
};

/** A browser, and what it reported. */
export class Browser implements AsyncDisposable {
  readonly #context: BrowserContext;
  readonly #profile: string;
  /** What pages wrote to their console as errors, and exceptions. */
  readonly complaints: string[] = [];

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context;
    this.#profile = profile;
  }

  static async open(): Promise<Browser> {
    const profile = await Deno.makeTempDir();
    const options = { executablePath: await chromiumPath(), headless: true, args: ARGS };
    return new Browser(await chromium.launchPersistentContext(profile, options), profile);
  }

  async page(url: string): Promise<Page> {
    const page = await this.#context.newPage();
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => void this.complaints.push(String(error)));
    await page.goto(url);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    await Deno.remove(this.#profile, { recursive: true });
  }
}

async function chromiumPath(): Promise<string> {
  for (const path of ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]) {
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  throw new TypeError("Cannot find Chromium: expected /usr/bin/chromium");
}

/** A folder that is served on a port. */
export interface StaticSite extends AsyncDisposable {
  readonly origin: string;
}

/** Serves the files of a folder. @param isolated whether pages may use memory shared by threads */
export function serveFolder(folder: string, { isolated = false } = {}): StaticSite {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    const name = new URL(url).pathname.slice(1) || "index.html";
    if (name === "favicon.ico") return new Response(null, { status: 204 });
    const bytes = /^[\w./-]+$/.test(name) && !name.includes("..")
      ? await Deno.readFile(`${folder}/${name}`).catch(() => undefined)
      : undefined;
    const type = TYPES[name.split(".").at(-1)!] ?? "application/octet-stream";
    const headers = {
      "content-type": type,
      ...(isolated && {
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      }),
    };
    return bytes ? new Response(bytes, { headers }) : new Response(null, { status: 404 });
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
