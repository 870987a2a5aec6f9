import type { Plugin } from '../../config/workspace-config.ts';
import { LOGIN_USAGE } from './login-options.ts';

export const plugin: Plugin = {
  name: 'aws',
  packages: ['awscli'],
  domains: ['amazonaws.com', 'api.aws', 'awsapps.com', 'ecr.aws'],
  // where `login` writes: never on a disk, gone with the machine
  mounts: [
    { tmpfs: true, target: '~/.aws' },
    { tmpfs: true, target: '~/.docker' },
  ],
  commands: {
    login: {
      summary: "send short-lived credentials of this host's AWS session into the machine",
      usage: LOGIN_USAGE,
      run: async (context) => (await import('./login.ts')).login(context),
    },
  },
};
