export * from '../domain/names.ts';
