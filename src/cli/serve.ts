/** `serve`: the service. */
import process from 'node:process';
import { Command } from 'commander';
import { effectiveSettings, effectiveText } from '../config/effective-settings.js';
import { addSettingOptions, flagValues } from '../config/options.js';
import { loadServeConfig } from '../config/serve-config.js';
import { SERVE_SETTINGS } from '../config/serve-settings.js';
import { createLogger } from '../ops/logger.js';
import { Shutdown } from '../ops/shutdown.js';
import { exposureWarnings } from '../security/listener-security.js';
import { startService } from '../service.js';
import { printFailure } from './failure.js';
import { programVersion } from './version.js';

const EXAMPLES = `
Each option can be given as an environment variable or in the file, too: see docs/configuration.md.

Examples:
  contract-data-processor serve --source-endpoint localhost:50053
  NETWORK_PASSPHRASE=public contract-data-processor serve --config service.yaml`;

export function serveCommand(): Command {
  const command = addSettingOptions(
    new Command('serve').description('Serve contract data over Arrow Flight'),
    SERVE_SETTINGS,
  );
  return command
    .option('--print-config', 'print the configuration and where each value comes from, then exit')
    .option('--json', 'with --print-config: print it as JSON')
    .addHelpText('after', EXAMPLES)
    .action(() => serve(command));
}

async function serve(command: Command): Promise<void> {
  const { config: file, printConfig, json } = command.opts<{ config?: string; printConfig?: true; json?: true }>();
  const read = loadServeConfig({ flags: flagValues(command, SERVE_SETTINGS), env: process.env, file });
  if (printConfig) {
    const settings = effectiveSettings(SERVE_SETTINGS, read);
    process.stdout.write(json ? `${JSON.stringify(settings, null, 2)}\n` : effectiveText(settings));
    return;
  }
  const config = read.values;
  const logger = createLogger({ level: config.logLevel, debug: config.debug });
  for (const warning of read.warnings) logger.warn(warning);
  for (const warning of exposureWarnings(config)) logger.warn(warning);
  const shutdown = new Shutdown({ timeoutMs: config.shutdownTimeoutMs, logger, exit: (code) => process.exit(code) });
  shutdown.listen(process);
  await startService(config, programVersion(), logger, shutdown).catch((error: unknown) => {
    // What was started already would keep the process alive.
    process.exit(printFailure(error));
  });
}
