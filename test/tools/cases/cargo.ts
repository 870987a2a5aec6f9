import type { ToolCase } from '../support/tool-case.ts';

export const cargo: ToolCase = {
  name: 'Cargo',
  plugin: 'cargo',
  caches: ['cargo-registry'],
  needs: ['cargo'],
  files: {
    'Cargo.toml': `[package]
name = "small"
version = "0.1.0"
edition = "2021"

[dependencies]
fnv = "=1.0.7"
itoa = "=1.0.11"
`,
    'src/main.rs': `use std::hash::Hasher;
fn main() {
    let mut hasher = fnv::FnvHasher::default();
    hasher.write(b"dewar");
    println!("{}", itoa::Buffer::new().format(hasher.finish() % 1000));
}
`,
  },
  async fill(directory, { does }) {
    await does(directory, 'cargo', 'generate-lockfile');
    await does(directory, 'cargo', 'fetch', '--locked');
  },
  offline: 'cargo build --quiet --offline --locked >&2 && target/debug/small',
  prints: '752',
  fails: /offline/,
};
