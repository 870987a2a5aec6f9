/** What a user writes for Claude Code, in `~/.claude`. */
export const CONFIG_FILES: readonly string[] = ['CLAUDE.md', 'keybindings.json', 'settings.json'];
export const CONFIG_DIRECTORIES: readonly string[] = [
  'agents',
  'commands',
  'hooks',
  'output-styles',
  'rules',
  'skills',
];
export const SETTINGS = 'settings.json';
export const CREDENTIALS = '.credentials.json';
/** A tmpfs in the guest's `~/.claude`, to which a link for the credentials leads. */
export const CREDENTIALS_IN_MEMORY = 'dewar';
