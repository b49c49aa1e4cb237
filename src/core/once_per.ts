/**
 * A value made once for each object, when it is first asked for, and kept as long as the object lives: for what follows
 * from the object alone and takes long to make. The object must not change.
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
