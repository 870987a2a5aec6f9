/** The first line of most BUILD files. */
export const PUBLIC = 'package(default_visibility = ["//visibility:public"])';

export type Add = (path: string, ...lines: string[]) => void;
