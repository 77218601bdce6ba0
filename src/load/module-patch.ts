/** What a patch is told about the file that was loaded. */
export interface LoadedFile {
  /** The entry of {@link ModulePatch.files} that matched. */
  file: string;
  /** Version of the package; of Node.js for a builtin. */
  version: string;
  format: 'commonjs' | 'module' | 'builtin';
  /** Directory of the package; empty for a builtin. */
  baseDir: string;
  /** The file's own path, for {@link ModulePatch.paths}. */
  path?: string;
  /** Of an ES module that hands out its exports: those that it speaks of; the others are in files of their own. */
  names?: readonly string[];
}

/** What is added to the end of an ES module. Plain data. */
export interface Epilogue {
  /** The exports that are looked at. */
  readonly reads: readonly string[];
  /** Those of them that are replaced themselves. */
  readonly replaces: readonly string[];
}

/** Where one npm package, or one module of Node.js, is cut. */
export interface ModulePatch {
  /** The package's name in its package.json, or a builtin's name without `node:`. */
  module: string;
  /** Supported versions, for example `>=8.0.3 <9 || >=10 <11`. Absent for builtins, and only there. */
  versions?: string;
  /**
   * Files inside the package, with `/`, for example `lib/client.js`; `''` is the package's entry. Where the ES-module build is
   * made of other files, these are listed too.
   */
  files: readonly string[];
  /**
   * In place of a package: the paths of the files, as Node.js names them; `files` is `['']` and `versions` says nothing. ES modules among
   * them hand out their exports by a line at their end, {@link Epilogue}, and stay the modules that they are: what import-in-the-middle
   * puts in place of one has copies of its exports, which do not follow when the module assigns to them.
   */
  paths?: readonly string[];
  /** With `paths`: which exports `patch` looks at. */
  epilogue?: Epilogue;
  /** Another version of it is no news: it has no spans that an app could miss. */
  quiet?: boolean;
  /** A builtin that is not to be loaded ahead where the app's entry is CommonJS. */
  rare?: boolean;
  /** The listed files include ES modules. Says that a loader hook may be needed, which costs start-up time. */
  esm?: boolean;
  /**
   * Called once for each listed file that gets loaded, before the app sees its exports: edits exports and prototypes in
   * place. A returned value takes the place of `module.exports` (CommonJS) or of the default export (ES module); a builtin
   * can't be replaced. If it throws, that is reported once and the app gets what is there.
   *
   * A package that is both imported and required exists twice as far as its exports are concerned, but its classes may be
   * the same: marks on what is patched keep that apart.
   */
  patch(exports: unknown, loaded: LoadedFile): unknown;
}
