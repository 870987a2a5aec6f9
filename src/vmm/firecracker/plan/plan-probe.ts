/** Parts of a machine by the names of the requests that make them: what Firecracker takes as a file. */
export interface ProbePlan {
  'boot-source': { kernel_image_path: string; boot_args: string };
  'machine-config': { vcpu_count: number; mem_size_mib: number };
  drives: never[];
}

/** The smallest machine. @param kernel absolute */
export function planProbe(kernel: string): ProbePlan {
  return {
    'boot-source': { kernel_image_path: kernel, boot_args: '' },
    'machine-config': { vcpu_count: 1, mem_size_mib: 128 },
    drives: [],
  };
}
