import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { runInThisContext } from 'node:vm';

/**
 * `@kusto/language-service-next` as it is: C# compiled to JavaScript by Bridge.NET. Overloads are called `$ctorN`, lists
 * are not arrays, and its own typings make everything nullable. Only `language-service.ts` sees any of that.
 */

interface RawList<T> {
  readonly Count: number;
  getItem(index: number): T;
}

/** A column, table, function or type. */
export interface RawSymbol {
  readonly Kind: number;
  readonly Name: string | null;
  WithIsOpen?(open: boolean): RawSymbol;
  readonly Type?: RawSymbol | null;
  readonly Columns?: RawList<RawSymbol> | null;
  readonly IsOpen?: boolean;
}

/** An argument; its value where it is a constant. */
interface RawConstant {
  readonly ConstantValue?: unknown;
}

/** A node or token of the syntax tree. */
export interface RawElement {
  readonly Kind: number;
  readonly IsToken: boolean;
  readonly TextStart: number;
  readonly TriviaStart: number;
  readonly End: number;
  readonly ChildCount: number;
  readonly ValueText?: string | null;
  readonly ReferencedSymbol?: RawSymbol | null;
  readonly ResultType?: RawSymbol | null;
  GetChild(index: number): RawElement | null;
  GetName(index: number): string | null;
  GetCalledFunctionBody?(): RawElement | null;
  toString(): string;
}

/** What the parser or binder complains about. */
export interface RawDiagnostic {
  readonly Code: string;
  readonly Severity: string;
  readonly Message: string;
  readonly Start: number;
  readonly Length: number;
}

/** A parsed and bound query. */
export interface RawCode {
  readonly Syntax: RawElement;
  readonly ResultType: RawSymbol | null;
  GetDiagnostics(): RawList<RawDiagnostic>;
  /** Those of the parser alone. */
  GetSyntaxDiagnostics(): RawList<RawDiagnostic>;
}

/** What names there are. */
export interface RawGlobals {
  WithDatabase(database: object): RawGlobals;
  WithPlugIns(plugins: readonly RawSymbol[]): RawGlobals;
  GetAggregate(name: string): object | null;
}

interface RawKustoLanguage {
  readonly KustoCode: { ParseAndAnalyze(text: string, globals: RawGlobals): RawCode };
  readonly GlobalState: { readonly Default: RawGlobals };
  readonly PlugIns: {
    readonly All: readonly RawSymbol[];
    GetPlugIn(name: string): RawSymbol & {
      readonly Signatures: RawList<{
        readonly CustomReturnType: (context: { readonly Arguments: RawList<RawConstant> }) => object;
      }>;
    };
  };
  readonly Syntax: { readonly SyntaxKind: Record<string, number> };
  readonly Symbols: {
    readonly SymbolKind: Record<string, number>;
    readonly ColumnSymbol: new (name: string, type: object) => RawSymbol;
    readonly ScalarTypes: { GetSymbol(name: string): object };
    readonly TableSymbol: {
      readonly $ctor4: new (
        name: string,
        columns: readonly object[],
      ) => RawSymbol & { WithIsOpen(open: boolean): RawSymbol };
    };
    /** Of a function whose answer depends on its arguments. */
    readonly FunctionSymbol: {
      readonly $ctor1: new (
        name: string,
        answer: (context: {
          readonly Arguments: RawList<RawConstant>;
          readonly ArgumentTypes: RawList<RawSymbol>;
        }) => object,
        tabularity: number,
        parameters: readonly object[],
      ) => RawSymbol;
    };
    readonly Tabularity: { readonly Tabular: number; readonly Scalar: number };
    readonly Parameter: {
      readonly ctor: new (name: string, typeKind: number, argumentKind: number) => object;
      readonly $ctor2: new (name: string, type: object) => object;
      /** After the kind: values, examples, case, default, and how often it occurs at least. */
      readonly $ctor3: new (
        name: string,
        type: object,
        argumentKind: number,
        values: null,
        examples: null,
        isCaseSensitive: boolean,
        defaultValue: null,
        minOccurring: number,
      ) => object;
    };
    readonly ArgumentKind: {
      readonly Column: number;
      readonly Expression: number;
      readonly Literal: number;
    };
    readonly ParameterTypeKind: { readonly Scalar: number };
    readonly DatabaseSymbol: {
      readonly $ctor1: new (name: string, members: readonly object[], isOpen: boolean) => object;
    };
  };
}

interface LanguageService {
  readonly raw: RawKustoLanguage;
  readonly syntaxKinds: ReadonlyMap<number, string>;
  readonly symbolKinds: ReadonlyMap<number, string>;
}

let loaded: LanguageService | undefined;

/**
 * Loads the two scripts (about 0.3 s) into the process's own global object, where they stay: every jest test file
 * has a global object of its own, and this way a worker loads and warms them once, not once per file.
 */
export function languageService(): LanguageService {
  if (loaded) return loaded;
  const processGlobal = runInThisContext('globalThis') as { Kusto?: { Language: RawKustoLanguage } };
  if (!processGlobal.Kusto) {
    const require = createRequire(join(import.meta.dirname, 'kusto-language.ts'));
    const folder = dirname(require.resolve('@kusto/language-service-next/bridge.min.js'));
    for (const name of ['bridge.min.js', 'Kusto.Language.Bridge.min.js']) {
      const filename = join(folder, name);
      runInThisContext(readFileSync(filename, 'utf8'), { filename });
    }
  }
  const raw = processGlobal.Kusto?.Language;
  if (!raw) throw new Error('@kusto/language-service-next did not define Kusto.Language');
  loaded = {
    raw,
    syntaxKinds: namesByNumber(raw.Syntax.SyntaxKind),
    symbolKinds: namesByNumber(raw.Symbols.SymbolKind),
  };
  return loaded;
}

function namesByNumber(enumeration: Record<string, number>): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [name, value] of Object.entries(enumeration))
    if (typeof value === 'number') names.set(value, name);
  return names;
}

/** A .NET list as an array. */
export function toArray<T>(list: RawList<T> | null | undefined): T[] {
  return Array.from({ length: list?.Count ?? 0 }, (_, index) => (list as RawList<T>).getItem(index));
}
