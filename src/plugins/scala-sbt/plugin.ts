import type { Plugin } from '../../config/workspace-config.ts';
import { CACHES } from './caches.ts';
import { CREDENTIALS_SCRIPT } from './credentials-script.ts';
import { installScript } from './install-script.ts';
import { writeCredentials } from './write-credentials.ts';

export const plugin: Plugin = {
  name: 'scala-sbt',
  packages: ['curl', 'openjdk-17-jdk-headless'],
  domains: ['repo.maven.apache.org', 'repo.scala-sbt.org', 'repo.typesafe.com', 'repo1.maven.org'],
  // never on a disk, gone with the machine
  mounts: [{ tmpfs: true, target: '~/.sbt/credentials' }],
  scripts: [
    { name: 'write credentials of maven repositories', run: CREDENTIALS_SCRIPT },
    { name: 'install sbt and scala-cli', run: installScript() },
  ],
  // once more, as a script of the user's own may have got some
  hooks: { postUp: [writeCredentials] },
  caches: CACHES,
};
