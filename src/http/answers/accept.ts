/** Content negotiation: which media type a caller prefers (RFC 9110, 12.5.1). */

/** Whether an Accept header prefers this type to the usual one. False if it does not name the type. */
export function prefers(accept: string, type: string, defaultType: string): boolean {
  if (!accept.includes(type)) return false;
  const weights = new Map(
    accept.split(",").map((each) => {
      const [type, ...parameters] = each.split(";").map((part) => part.trim().toLowerCase());
      const weight = parameters.find((part) => part.startsWith("q="))?.slice(2) ?? "1";
      return [type, Number(weight) || 0];
    }),
  );
  const group = defaultType.replace(/\/.*/, "/*");
  const defaultWeight = weights.get(defaultType) ?? weights.get(group) ?? weights.get("*/*") ?? 0;
  return (weights.get(type) ?? 0) > defaultWeight;
}
