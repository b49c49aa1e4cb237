/**
 * Caches one value per object: it is computed on first use and kept as long as the object lives. For values that depend
 * only on the object and are slow to compute. The object must not change.
 */
export function oncePer<Key extends WeakKey, Value>(
  make: (key: Key) => Value,
): (key: Key) => Value {
  const made = new WeakMap<Key, Value>();
  return (key) => {
    let value = made.get(key);
    if (value === undefined) made.set(key, value = make(key));
    return value;
  };
}
