import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { Command } from 'commander';
import { parse } from 'yaml';
import { oneLine } from '../printing/terminal.ts';

const [file = '', schema = ''] = new Command('npm run validate-file --')
  .description(
    'Validates a YAML or JSON file against a JSON Schema that lies on this machine, for example azure.yaml against the one in Azure/azure-dev, or a workflow or host.json against those in SchemaStore/schemastore.',
  )
  .argument('<file>')
  .argument('<schema>')
  .parse().args;

try {
  const problems = await validateFile(file, schema);
  console.log(
    problems.length === 0 ? `${file}: valid` : problems.map((problem) => `${file}: ${problem}`).join('\n'),
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
} catch (error) {
  console.error(oneLine(error));
  process.exitCode = 1;
}

/** What is wrong, each with its place; empty when the file is valid. Formats are not looked at. */
async function validateFile(path: string, schemaPath: string): Promise<string[]> {
  // Published schemas carry keywords of editors, and some name an older draft, whose words these are all the same.
  const { $schema: _, ...schema } = JSON.parse(await readFile(schemaPath, 'utf8'));
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    validateFormats: false,
    // Nothing is fetched: what stands in another schema is taken as it is.
    loadSchema: async () => ({}),
  });
  const validate = await ajv.compileAsync(schema);
  if (validate(parse(await readFile(path, 'utf8')))) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message }) => `${instancePath || '(whole)'} ${message}`,
  );
}
