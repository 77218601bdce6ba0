/** What `FORETRACE_MASK` may list. */
export type MaskKind = 'email' | 'phone' | 'card' | 'token' | 'jwt' | 'iban';

/** An expression of `FORETRACE_MASK_PATTERNS`. */
export interface MaskExpression {
  /** What it is called in the text that replaces a match. */
  readonly name: string | undefined;
  /** In the syntax of RE2. */
  readonly source: string;
  readonly ignoreCase: boolean;
}

/** What is masked before it is sent. Plain data: it goes to the export thread. */
export interface MaskOptions {
  readonly kinds: readonly MaskKind[];
  readonly expressions: readonly MaskExpression[];
  /** A text of this length (in UTF-16 units) or longer may have been cut. */
  readonly lengthLimit: number;
}
