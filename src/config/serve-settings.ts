/** The settings of `serve`. Adding one is one entry in the file of its section. */
import { FILTER_SETTINGS } from './filter-settings.js';
import { FLOWCTL_SETTINGS } from './flowctl-settings.js';
import { LOG_SETTINGS } from './log-settings.js';
import { PROCESSOR_SETTINGS } from './processor-settings.js';
import { SECURITY_SETTINGS } from './security-settings.js';
import type { Settings, Values } from './setting.js';
import { SOURCE_SETTINGS } from './source-settings.js';

/** In the order in which `--help` and the documents list them. */
export const SERVE_SETTINGS = {
  ...PROCESSOR_SETTINGS,
  ...SOURCE_SETTINGS,
  ...SECURITY_SETTINGS,
  ...FILTER_SETTINGS,
  ...FLOWCTL_SETTINGS,
  ...LOG_SETTINGS,
} as const satisfies Settings;

export type ServeConfig = Values<typeof SERVE_SETTINGS>;
