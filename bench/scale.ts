// What a region takes that nobody can bring up on one machine, by calculation from what was measured on one.
import { toFourDigits } from './scale/figure.ts';
import { writeScaleReport } from './scale/report.ts';
import { readScaleOptions } from './scale/options.ts';
import { runScale, runValidation } from './scale/run.ts';
import { countStoreCalls } from './scale/store-calls.ts';
import { scaleTable, validationTable } from './scale/table.ts';

export async function scale(args: readonly string[]): Promise<void> {
  const options = readScaleOptions(args);
  const print = <T>(result: T, table: (result: T) => string): void => {
    process.stdout.write(`${options.json ? JSON.stringify(result, toFourDigits) : table(result)}\n`);
  };
  switch (options.only) {
    case 'store-calls':
      print(await countStoreCalls(), (calls) => JSON.stringify(calls, undefined, 2));
      break;
    case 'validation':
      print(await runValidation(options), validationTable);
      break;
    case 'all': {
      const result = await runScale(options);
      if (options.report) await writeScaleReport(result);
      print(result, scaleTable);
    }
  }
}
