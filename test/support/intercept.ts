/** Runs a call of a method, or does something else in its place. */
export type Around = (method: string, call: () => unknown, args: readonly unknown[]) => unknown;

/** The same object with each call of its methods in other hands; it must not use private names. */
export function intercept<T extends object>(target: T, around: Around): T {
  return new Proxy(target, {
    get: (of, name) => {
      const member: unknown = Reflect.get(of, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown =>
        around(String(name), () => Reflect.apply(member, of, args) as unknown, args);
    },
  });
}
