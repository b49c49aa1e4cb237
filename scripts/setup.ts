/**
 * What the tests need besides Deno. As root on Debian, missing packages are installed with apt. Elsewhere the command
 * to type is printed and the run continues: tests that cannot run say why they are skipped (tests/util/skip.ts).
 * Programs from npm are installed on any machine, by their lock file, into a folder that git ignores.
 */

import { canRun, exists, passThrough } from "./lib/child.ts";
import { hasAdapter } from "./lib/gpu.ts";
import { ROOT } from "./lib/tree.ts";

/** Something that some tests need. */
export interface Requirement {
  readonly name: string;
  /** Which tests, for the message. */
  readonly neededBy: string;
  readonly aptPackages: readonly string[];
  /** An npm project to install, and the folder to install it into. */
  readonly npmProject?: { readonly from: string; readonly into: string };
  readonly present: () => Promise<boolean>;
}

/** Where the runtimes for tests/runtime are installed. */
export const RUNTIMES = "build/runtimes";
const RUNTIME_PACKAGES = "tests/runtime/packages";

const REQUIREMENTS: readonly Requirement[] = [
  {
    name: "workerd, edge-runtime, bun and Node.js 24",
    neededBy: "tests/runtime",
    aptPackages: [],
    npmProject: { from: RUNTIME_PACKAGES, into: RUNTIMES },
    present: () => Promise.resolve(isInstalled(RUNTIME_PACKAGES, RUNTIMES)),
  },
  {
    name: "nats-server",
    neededBy: "tests/jobs",
    aptPackages: ["nats-server"],
    present: () => canRun("nats-server"),
  },
  {
    name: "chromium",
    neededBy: "tests/runtime",
    aptPackages: ["chromium"],
    present: () => canRun("chromium"),
  },
  {
    name: "a WebGPU adapter",
    neededBy: "tests/webgpu",
    aptPackages: ["mesa-vulkan-drivers"],
    present: hasAdapter,
  },
];

/** The effects of setting up, which a test replaces. */
export interface Host {
  readonly canInstall: () => Promise<boolean>;
  /** Runs a command and returns its exit status. */
  readonly run: (command: string, args: readonly string[]) => Promise<number>;
  readonly say: (line: string) => void;
}

const HOST: Host = {
  canInstall: async () => Deno.build.os === "linux" && Deno.uid() === 0 && await canRun("apt-get"),
  run: passThrough,
  say: (line) => console.error(line),
};

/** Installs what is missing, or prints how to; returns the names of what is still missing. */
export async function setUp(
  requirements: readonly Requirement[] = REQUIREMENTS,
  host: Host = HOST,
): Promise<string[]> {
  const missing = await findMissing(requirements);
  if (missing.length === 0) return [];
  for (const { name, neededBy } of missing) host.say(`Missing: ${name}, needed by ${neededBy}`);
  for (const { npmProject } of missing) {
    if (npmProject) await installNpmProject(npmProject, host);
  }
  const packages = [...new Set(missing.flatMap(({ aptPackages }) => aptPackages))].sort();
  if (packages.length > 0) await installAptPackages(packages, host);
  return (await findMissing(missing)).map(({ name }) => name);
}

async function installAptPackages(packages: readonly string[], host: Host): Promise<void> {
  const install = ["install", "--yes", "--no-install-recommends", ...packages];
  if (!await host.canInstall()) {
    return host.say(`To run these suites: sudo apt-get ${install.join(" ")}`);
  }
  await host.run("apt-get", ["update", "--quiet"]);
  const status = await host.run("env", ["DEBIAN_FRONTEND=noninteractive", "apt-get", ...install]);
  if (status !== 0) host.say(`apt-get failed with status ${status}: going on without`);
}

/** Install scripts of packages are not run. */
async function installNpmProject(
  { from, into }: { readonly from: string; readonly into: string },
  host: Host,
): Promise<void> {
  await Deno.mkdir(ROOT + into, { recursive: true });
  for (const name of NPM_FILES) {
    await Deno.copyFile(`${ROOT}${from}/${name}`, `${ROOT}${into}/${name}`);
  }
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", ROOT + into];
  const status = await host.run("npm", ["ci", ...flags]);
  if (status !== 0) host.say(`npm failed with status ${status}: going on without`);
}

const NPM_FILES = ["package.json", "package-lock.json"];

/**
 * Whether the installed packages match the lock file. npm writes the hidden lock file last, so the installation is
 * complete.
 */
function isInstalled(from: string, into: string): boolean {
  if (!exists(`${into}/node_modules/.package-lock.json`)) return false;
  return NPM_FILES.every((name) =>
    Deno.readTextFileSync(`${ROOT}${from}/${name}`) ===
      Deno.readTextFileSync(`${ROOT}${into}/${name}`)
  );
}

async function findMissing(requirements: readonly Requirement[]): Promise<Requirement[]> {
  const present = await Promise.all(requirements.map((requirement) => requirement.present()));
  return requirements.filter((_, index) => !present[index]);
}
