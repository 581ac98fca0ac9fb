import { languageService, type RawSymbol } from './kusto-language.ts';

let made: readonly RawSymbol[] | undefined;

/** The plugins of Microsoft's package, but `bag_unpack` with all the arguments that its documentation has. */
export function pluginsOfToday(): readonly RawSymbol[] {
  if (made) return made;
  const { Symbols, PlugIns } = languageService().raw;
  const known = PlugIns.GetPlugIn('bag_unpack');
  const answer = known.Signatures.getItem(0).CustomReturnType;
  const optional = (name: string, type: string): object =>
    new Symbols.Parameter.$ctor3(
      name,
      Symbols.ScalarTypes.GetSymbol(type),
      Symbols.ArgumentKind.Literal,
      null,
      null,
      false,
      null,
      0,
    );
  const bagUnpack = new Symbols.FunctionSymbol.$ctor1('bag_unpack', answer, Symbols.Tabularity.Tabular, [
    new Symbols.Parameter.ctor('Column', Symbols.ParameterTypeKind.Scalar, Symbols.ArgumentKind.Column),
    optional('OutputColumnPrefix', 'string'),
    optional('columnsConflict', 'string'),
    optional('ignoredProperties', 'dynamic'),
  ]);
  made = PlugIns.All.map((plugin) => (plugin === known ? bagUnpack : plugin));
  return made;
}
