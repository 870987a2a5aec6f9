import type { ToolCase } from '../support/tool-case.ts';

export const go: ToolCase = {
  name: 'Go',
  plugin: 'go',
  caches: ['go-modules'],
  needs: ['go'],
  files: {
    'go.mod': 'module small\n\ngo 1.19\n\nrequire github.com/pkg/errors v0.9.1\n',
    'main.go': `package main

import "github.com/pkg/errors"

func main() { println(errors.Wrap(errors.New("cold"), "warm").Error()) }
`,
  },
  async fill(directory, { does }) {
    await does(directory, 'go', 'mod', 'tidy');
    await does(directory, 'go', 'mod', 'download');
  },
  offline: 'GOPROXY=off GOFLAGS="-mod=readonly -modcacherw" go build -o small . >&2 && ./small 2>&1',
  prints: 'warm: cold',
  fails: /GOPROXY=off/,
};
