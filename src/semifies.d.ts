declare module 'semifies' {
  /** Whether a version satisfies a range. */
  export default function semifies(version: string, range: string): boolean;
}
