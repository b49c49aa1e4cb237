/**
 * Runs the checks in headless Chromium, whose WGSL compiler (Tint) and software adapter (SwiftShader) differ from
 * Deno's; prints one JSON line each: `{ name, error? }`. `chromium_test.ts` starts it.
 *
 *     deno run -A tests/webgpu/in_chromium.ts [PART OF A NAME]
 */
import { chromium } from "npm:playwright-core@1.65.1";
import { print } from "./campaign.ts";
import { CHECKS } from "./checks.ts";

const ARGS = [
  ...["--headless", "--no-sandbox", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
  ...["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
];

const PAGE = `<!doctype html><link rel="icon" href="data:,"><script type="importmap">
{ "imports": { "node:assert": "/webgpu/assert.js", "node:assert/strict": "/webgpu/assert.js" } }
</script><script type="module" src="/page.js"></script>`;

const folder = await Deno.makeTempDir();
const bundled = await new Deno.Command(Deno.execPath(), {
  args: [
    ...["bundle", "--quiet", "--platform=browser", `--outdir=${folder}`],
    new URL("page.ts", import.meta.url).pathname,
  ],
}).output();
if (!bundled.success) throw new Error(new TextDecoder().decode(bundled.stderr));

const TYPES: Readonly<Record<string, string>> = { "/": "text/html", ".js": "text/javascript" };
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
  const { pathname } = new URL(request.url);
  const type = TYPES[pathname] ?? TYPES[pathname.slice(pathname.lastIndexOf("."))] ?? "";
  const headers = { "content-type": type };
  if (pathname === "/") return new Response(PAGE, { headers });
  const file = pathname === "/page.js"
    ? `${folder}/page.js`
    : new URL(`..${pathname}`, import.meta.url).pathname;
  return new Response(await Deno.readFile(file), { headers });
});
const context = await chromium.launchPersistentContext(`${folder}/profile`, {
  executablePath: "/usr/bin/chromium",
  args: ARGS,
});
try {
  const page = await context.newPage(), said: string[] = [];
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(`http://127.0.0.1:${server.addr.port}/`);
  await page.waitForFunction("globalThis.check", undefined, { timeout: 60_000 }).catch((error) => {
    throw new Error(`The page does not start: ${said.join("; ")}`, { cause: error });
  });
  print({ adapter: await page.evaluate("adapter") });
  for (const { name } of CHECKS) {
    if (!name.includes(Deno.args[0] ?? "")) continue;
    const error = await page.evaluate<string>(`check(${JSON.stringify(name)})`);
    print(error === "" ? { name } : { name, error });
  }
} finally {
  await context.close();
  await server.shutdown();
  await Deno.remove(folder, { recursive: true });
}
Deno.exit();
