/** Which arguments of a command may be sent. */
export interface RedisPolicy {
  /** The command in upper case. */
  readonly name: string;
  /** How many leading arguments are kept. */
  readonly keep: number;
  /** Behind those: whether each second one is kept as well (field, value, field, value). */
  readonly pairs: boolean;
  /** The position of an argument that counts the keys behind it, which are kept; -1 if there is none. */
  readonly countAt: number;
  /** Whether the first argument is kept only if it is a known subcommand; `keep` counts those behind it. */
  readonly subcommand: boolean;
}

/** All of them. */
const ALL = Number.MAX_SAFE_INTEGER;

// Keys, fields, channels, cursors, indices and times are kept; values, members, scores, patterns, scripts and credentials are not.
// Where options may stand before the values, nothing behind the key is: XADD with MAXLEN would shift a value to a field's place.
const KEPT: readonly (readonly [keep: number, commands: string])[] = [
  [
    0,
    'ASKING AUTH BGREWRITEAOF BGSAVE DBSIZE DISCARD ECHO EXEC FAILOVER HELLO LASTSAVE LOLWUT MONITOR MULTI PING PSYNC QUIT ' +
      'RANDOMKEY READONLY READWRITE REPLCONF RESET ROLE SAVE SHUTDOWN SYNC TIME UNWATCH',
  ],
  [
    1,
    'APPEND BITCOUNT BITFIELD BITFIELD_RO BITPOS DECR DECRBY DIGEST DELEX DUMP EXPIRETIME GEOADD GEODIST GEOHASH GEOPOS GEORADIUS ' +
      'GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH GET GETDEL GETEX GETSET HEXPIRE HEXPIREAT HEXPIRETIME HGETALL ' +
      'HGETDEL HGETEX HKEYS HLEN HPERSIST HPEXPIRE HPEXPIREAT HPEXPIRETIME HPTTL HSETEX HTTL HVALS INCR INCRBY INCRBYFLOAT KEYS ' +
      'LLEN LPOS LPUSH LPUSHX PERSIST PEXPIRETIME PFADD PTTL PUBLISH RPUSH RPUSHX SADD SCAN SCARD SELECT SET SETNX SISMEMBER ' +
      'SMEMBERS SMISMEMBER SORT SORT_RO SPUBLISH SREM STRLEN TTL TYPE VADD VCARD VDIM VEMB VINFO VISMEMBER VLINKS VRANDMEMBER VREM ' +
      'VSETATTR VSIM VGETATTR XADD XLEN XSETID XTRIM ZADD ZCARD ZCOUNT ZINCRBY ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ' +
      'ZRANGEBYSCORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCORE ' +
      'BF.ADD BF.CARD BF.EXISTS BF.INFO BF.INSERT BF.MADD BF.MEXISTS BF.RESERVE CF.ADD CF.ADDNX CF.COUNT CF.DEL CF.EXISTS CF.INFO ' +
      'CF.INSERT CF.RESERVE CMS.INCRBY CMS.INFO CMS.QUERY TOPK.ADD TOPK.INFO TOPK.LIST TOPK.QUERY TDIGEST.ADD TDIGEST.QUANTILE ' +
      'FT.AGGREGATE FT.ALTER FT.CREATE FT.DROPINDEX FT.INFO FT.SEARCH FT.SUGADD FT.SUGGET FT.TAGVALS JSON.MSET TS.ADD TS.CREATE ' +
      'TS.GET TS.INFO TS.RANGE TS.REVRANGE',
  ],
  [
    2,
    'BRPOPLPUSH EXPIRE EXPIREAT GEOSEARCHSTORE GETBIT HEXISTS HGET HINCRBY HINCRBYFLOAT HRANDFIELD HSCAN HSETNX HSTRLEN LCS ' +
      'LINDEX LINSERT LPOP LREM LSET MOVE PEXPIRE PEXPIREAT PSETEX REPLICAOF RESTORE RPOP RPOPLPUSH SETBIT SETEX SETRANGE SLAVEOF ' +
      'SMOVE SPOP SRANDMEMBER SSCAN SWAPDB WAIT ZPOPMAX ZPOPMIN ZRANGESTORE ZSCAN JSON.ARRAPPEND JSON.ARRLEN JSON.DEL JSON.GET ' +
      'JSON.MERGE JSON.NUMINCRBY JSON.OBJKEYS JSON.SET JSON.STRLEN JSON.TYPE',
  ],
  [3, 'GETRANGE LRANGE LTRIM SUBSTR WAITAOF ZREMRANGEBYRANK'],
  [5, 'MIGRATE'],
  [
    ALL,
    'BITOP BLMOVE BLPOP BRPOP BZPOPMAX BZPOPMIN COPY DEL EXISTS FLUSHALL FLUSHDB HDEL HMGET INFO JSON.MGET LMOVE MGET PFCOUNT ' +
      'PFMERGE PSUBSCRIBE PUNSUBSCRIBE RENAME RENAMENX SDIFF SDIFFSTORE SINTER SINTERSTORE SSUBSCRIBE SUBSCRIBE SUNION SUNIONSTORE ' +
      'SUNSUBSCRIBE TOUCH UNLINK UNSUBSCRIBE WATCH XACK XAUTOCLAIM XCLAIM XDEL XPENDING XRANGE XREAD XREADGROUP XREVRANGE',
  ],
];

/** Keys and fields alternate with their values. */
const PAIRS: readonly (readonly [keep: number, commands: string])[] = [
  [0, 'MSET MSETNX'],
  [1, 'HMSET HSET'],
];

/** `keep`, the position of the number of keys, and the commands. */
const COUNTED: readonly (readonly [keep: number, countAt: number, commands: string])[] = [
  [0, 0, 'LMPOP SDIFFCARD SINTERCARD SUNIONCARD ZDIFF ZINTER ZINTERCARD ZMPOP ZUNION'],
  [1, 1, 'BLMPOP BZMPOP EVALSHA EVALSHA_RO FCALL FCALL_RO ZDIFFSTORE ZINTERSTORE ZUNIONSTORE'],
  // The text of a script is full of literals.
  [0, 1, 'EVAL EVAL_RO'],
];

/** Commands with subcommands, and how many arguments behind these are kept. */
const CONTAINERS: readonly (readonly [keep: number, commands: string])[] = [
  [0, 'ACL CLIENT CLUSTER COMMAND CONFIG DEBUG FUNCTION LATENCY MODULE SCRIPT SENTINEL SLOWLOG'],
  [1, 'MEMORY OBJECT PUBSUB'],
  [2, 'XGROUP XINFO'],
];

/** The subcommands of all of them. A text that is none, in a wrong call, may be anything. */
export const SUBCOMMANDS: ReadonlySet<string> = new Set(
  (
    'ADDSLOTS ADDSLOTSRANGE BUMPEPOCH CACHING CAT CHANNELS CONSUMERS COUNT COUNTKEYSINSLOT CREATE CREATECONSUMER DEBUG DELCONSUMER ' +
    'DELETE DELSLOTS DELSLOTSRANGE DELUSER DESTROY DOCS DOCTOR DRYRUN DUMP ENCODING EXISTS FAILOVER FLUSH FLUSHSLOTS FORGET FREQ ' +
    'FULL GENPASS GET GETKEYS GETKEYSANDFLAGS GETKEYSINSLOT GETNAME GETREDIR GETUSER GRAPH GROUPS HELP HISTOGRAM HISTORY ID IDLETIME ' +
    'INFO KEYSLOT KILL LATEST LEN LINKS LIST LOAD LOADEX LOG MALLOC-STATS MASTERS MASTER MEET MYID MYSHARDID NO-EVICT NO-TOUCH ' +
    'NODES NUMPAT NUMSUB PAUSE PURGE REFCOUNT REPLICAS REPLICATE REPLY RESET RESETSTAT RESTORE REWRITE SAVE SENTINELS SET ' +
    'SET-CONFIG-EPOCH SETID SETINFO SETNAME SETSLOT SETUSER SHARDCHANNELS SHARDNUMSUB SHARDS SLAVES SLOTS STATS STREAM TRACKING ' +
    'TRACKINGINFO UNBLOCK UNLOAD UNPAUSE USAGE USERS WHOAMI'
  ).split(' '),
);

let commands: ReadonlyMap<string, RedisPolicy> | undefined;

/** The policies by command, in upper and in lower case, so that the usual spellings need no conversion. Made at the first use. */
export function redisPolicies(): ReadonlyMap<string, RedisPolicy> {
  return (commands ??= policies());
}

function policies(): Map<string, RedisPolicy> {
  const map = new Map<string, RedisPolicy>();
  const add = (names: string, keep: number, pairs: boolean, countAt: number, subcommand: boolean): void => {
    for (const name of names.split(' ')) {
      const policy: RedisPolicy = { name, keep, pairs, countAt, subcommand };
      map.set(name, policy);
      map.set(name.toLowerCase(), policy);
    }
  };
  for (const [keep, names] of KEPT) add(names, keep, false, -1, false);
  for (const [keep, names] of PAIRS) add(names, keep, true, -1, false);
  for (const [keep, countAt, names] of COUNTED) add(names, keep, false, countAt, false);
  for (const [keep, names] of CONTAINERS) add(names, keep, false, -1, true);
  return map;
}
