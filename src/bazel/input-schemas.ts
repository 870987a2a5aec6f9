import * as z from 'zod';

/** Of a hashes file. */
export const HashesMetadata: z.ZodType<{ moduleGraphJson?: string | null | undefined }> = z.object({
  moduleGraphJson: z.string().nullish(),
});

/** Labels by label. */
export const EdgesByLabel: z.ZodType<Record<string, string[]>> = z.record(z.string(), z.array(z.string()));

/** By path from the workspace. */
export const HashesByPath: z.ZodType<Record<string, string>> = z.record(z.string(), z.string());
