/**
 * A function of an object that computes its value on first use and keeps it as long as the object lives. For values
 * that depend only on the object and are slow to compute. The object must not change.
 */
export function memoize<Key extends WeakKey, Value>(
  compute: (key: Key) => Value,
): (key: Key) => Value {
  const values = new WeakMap<Key, Value>();
  return (key) => {
    let value = values.get(key);
    if (value === undefined) values.set(key, value = compute(key));
    return value;
  };
}
