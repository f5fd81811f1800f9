/** A nested value, as Postgres keeps it in `jsonb`. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
