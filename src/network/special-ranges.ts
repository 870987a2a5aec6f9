/** Never reached by a guest, whatever is listed: this host itself, what a cloud tells its machines, groups. */
export const NEVER: readonly string[] = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  // Metadata of Alibaba, Oracle and Azure, outside of the range for it.
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  '224.0.0.0/3',
];

/** Reached only where they are listed: networks of houses, offices and providers; what documents and benchmarks use. */
export const PRIVATE: readonly string[] = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
];
