import { Command } from 'commander';
import { compileInfra } from '../building/compile-infra.ts';
import { checkout } from '../environment/checkout.ts';

const program = new Command('npm run infra --')
  .description('Compiles infra/main.bicep into infra/compiled/, with a Bicep executable that you have.')
  .argument('[bicep]', 'the executable', 'bicep')
  .action((bicep: string) => compileInfra(checkout, bicep));

try {
  await program.parseAsync();
} catch (error) {
  // As the compiler says it: one line for each thing that it found.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
