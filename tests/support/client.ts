/** A caller of the HTTP interface that keeps its cookie, as a browser would. */
export class Client {
  readonly url: string
  cookie: string | undefined
  #authorization: string | undefined

  constructor(url: string, cookie?: string) {
    this.url = url
    this.cookie = cookie
  }

  static withToken(url: string, token: string): Client {
    const client = new Client(url)
    client.#authorization = `Bearer ${token}`
    return client
  }

  static async signedIn(url: string, username: string, password: string): Promise<Client> {
    const client = new Client(url)
    const answer = await client.post('/session', { username, password })
    if (answer.status !== 200) throw new Error(`${username} could not sign in: ${JSON.stringify(answer.body)}`)
    return client
  }

  get = (path: string, headers?: Record<string, string>) => this.#send('GET', path, undefined, headers)
  delete = (path: string, headers?: Record<string, string>) => this.#send('DELETE', path, undefined, headers)
  post = (path: string, body: unknown, headers?: Record<string, string>) => this.#send('POST', path, body, headers)
  patch = (path: string, body: unknown, headers?: Record<string, string>) => this.#send('PATCH', path, body, headers)
  request = (method: string, path: string, body: unknown, headers?: Record<string, string>) =>
    this.#send(method, path, body, headers)

  raw(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.cookie) headers.set('Cookie', this.cookie)
    if (this.#authorization) headers.set('Authorization', this.#authorization)
    const prefix = path.startsWith('/api/') ? '' : '/api/v1'
    return fetch(`${this.url}${prefix}${path}`, { ...init, headers })
  }

  async #send(method: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const json: RequestInit = body === undefined ? {} : { body: JSON.stringify(body) }
    const typed: Record<string, string> =
      body === undefined ? headers : { 'Content-Type': 'application/json', ...headers }
    const response = await this.raw(path, { method, headers: typed, ...json })
    const set = response.headers.get('set-cookie')
    if (set) this.cookie = set.split(';')[0]
    const text = await response.text()
    return new Answer(response.status, response.headers, text ? JSON.parse(text) : undefined)
  }
}

export class Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown

  constructor(status: number, headers: Headers, body: unknown) {
    this.status = status
    this.headers = headers
    this.body = body
  }

  /** The body as the shape that the test goes on to check. */
  as<T>(): T {
    return this.body as T
  }
}
