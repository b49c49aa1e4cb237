/** A cache of recent objects. Oracle: the order of use, written by hand. */
import { deepEqual, equal } from "node:assert/strict";
import { LruCache } from "../../src/trained/lru_cache.ts";

Deno.test("LruCache keeps the objects that were used last, and disposes of the others", () => {
  const recent = new LruCache<{ dispose(): void }>(2), made: string[] = [], gone: string[] = [];
  const ask = (name: string) =>
    recent.get(name, () => {
      made.push(name);
      return { dispose: () => gone.push(name) };
    });
  const first = ask("a");
  ask("b");
  equal(ask("a"), first, "used anew, so that b is now the older");
  ask("c");
  deepEqual(gone, ["b"]);
  ask("b");
  deepEqual(gone, ["b", "a"]);
  deepEqual(made, ["a", "b", "c", "b"]);
});

Deno.test("LruCache goes on after it has forgotten all, without disposing of them", () => {
  const recent = new LruCache<{ dispose(): void }>(2), gone: string[] = [];
  const ask = (name: string) => recent.get(name, () => ({ dispose: () => gone.push(name) }));
  for (const name of "abc") ask(name);
  recent.clear();
  for (const name of "cdcef") ask(name);
  deepEqual(gone, ["a", "d", "c"]);
});
