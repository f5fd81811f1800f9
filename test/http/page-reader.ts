import { inject } from 'vitest';
import type { Store } from '../../src/store/database.ts';
import { ADMIN_TOKEN, temporalAt, testApp } from './support.ts';

type App = Awaited<ReturnType<typeof testApp>>['app'];

export const login = (app: App, token: string, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url: '/login',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ token }).toString(),
  });

export const cookieOf = (response: Awaited<ReturnType<typeof login>>) =>
  String(response.headers['set-cookie']).split(';')[0]!;

/** Starts an application, and returns a function that reads its pages. */
export async function pageReader(store: Store, overrides: Parameters<typeof testApp>[0] = {}) {
  const { app } = await testApp({
    store,
    temporal: temporalAt(inject('temporalAddress')),
    temporalUiUrl: 'http://localhost:8233/',
    ...overrides,
  });
  const cookie = cookieOf(await login(app, ADMIN_TOKEN));
  return async (url: string) => {
    const response = await app.inject({ url, headers: { cookie } });
    // The text as a reader sees it: markup and whitespace become one space.
    const text = response.body
      .replace(/<(style|head)>.*<\/\1>/s, '')
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ');
    return { status: response.statusCode, headers: response.headers, body: response.body, text };
  };
}

/** The address of the list with only this integration. */
export const find = (id: string) => `/?q=${encodeURIComponent(id)}`;
