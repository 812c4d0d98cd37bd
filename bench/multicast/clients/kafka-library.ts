import { importPeer } from '../../brokers/npm-packages.ts';

/** What is used of `@platformatic/kafka`. */
export interface KafkaLibrary {
  readonly Connection: new (
    clientId: string,
    options: { readonly connectTimeout: number },
  ) => KafkaConnection;
  readonly Admin: new (options: ClientOptions) => KafkaAdmin;
  readonly Producer: new (options: ClientOptions) => KafkaProducer;
  readonly fetchV17: { readonly api: { readonly async: Fetch } };
}

export interface ClientOptions {
  readonly clientId: string;
  readonly bootstrapBrokers: readonly string[];
  readonly autocreateTopics?: boolean;
}

export interface KafkaConnection {
  connect(host: string, port: number): Promise<void>;
}

export interface KafkaAdmin {
  createTopics(options: {
    readonly topics: readonly string[];
    readonly partitions: number;
    readonly replicas: number;
  }): Promise<readonly KafkaTopic[]>;
  close(): Promise<void>;
}

export interface KafkaTopic {
  readonly id: string;
  readonly name: string;
}

export interface KafkaProducer {
  send(options: {
    readonly messages: readonly {
      readonly topic: string;
      readonly partition: number;
      readonly value: Buffer;
    }[];
    readonly acks: number;
  }): Promise<unknown>;
}

type Fetch = (
  connection: KafkaConnection,
  maxWaitMs: number,
  minBytes: number,
  maxBytes: number,
  isolationLevel: number,
  sessionId: number,
  sessionEpoch: number,
  topics: readonly FetchTopic[],
  forgottenTopics: readonly [],
  rackId: string,
) => Promise<FetchAnswer>;

interface FetchTopic {
  readonly topicId: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly currentLeaderEpoch: number;
    readonly fetchOffset: bigint;
    readonly lastFetchedEpoch: number;
    readonly partitionMaxBytes: number;
  }[];
}

export interface FetchAnswer {
  readonly responses: readonly {
    readonly partitions: readonly {
      readonly records?: readonly {
        readonly firstOffset: bigint;
        readonly records: readonly { readonly offsetDelta: number; readonly value: Buffer | null }[];
      }[];
    }[];
  }[];
}

export function importKafka(packages: string): Promise<KafkaLibrary> {
  return importPeer<KafkaLibrary>(packages, '@platformatic/kafka');
}
