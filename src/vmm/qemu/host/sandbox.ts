/** What `-sandbox` takes: QEMU may start no program and gain no right. */
export const SANDBOX = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';
