/**
 * The only way to skip a test: with a reason, which becomes part of the name, so that every reporter prints it. CI
 * counts a skipped test as failed (scripts/test.ts).
 */

/**
 * Registers a test, or, if `reason` is given, the same test skipped for that reason.
 * @param reason why it cannot run on this machine, undefined if it can
 *
 *     testUnless(hasGpu ? undefined : "this machine has no GPU adapter", "matmul agrees", () => {});
 */
export function testUnless(
  reason: string | undefined,
  name: string,
  run: (context: Deno.TestContext) => void | Promise<void>,
): void {
  Deno.test({ name: skipName(name, reason), ignore: reason !== undefined, fn: run });
}

/** Registers the name of a test that cannot run here, and why. */
export function skipTest(name: string, reason: string): void {
  testUnless(reason, name, () => {});
}

/** The name under which a test is reported. */
export function skipName(name: string, reason: string | undefined): string {
  if (reason === undefined) return name;
  if (reason.trim() === "") {
    throw new TypeError(`Cannot skip "${name}": the reason must not be empty`);
  }
  return `${name} (skipped because ${reason})`;
}
