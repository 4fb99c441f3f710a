"""Commands of redis by the methods of its Python client: what only reads, what writes, which cannot fail."""

# method -> commands that it sends
READS: dict[str, frozenset[str]] = {
    method: frozenset({method.upper()})
    for method in (
        "get", "hget", "hgetall", "hmget", "hlen", "hexists", "hkeys", "hvals", "zscore", "zrank", "zrevrank", "zcard",
        "zcount", "zrange", "zrevrange", "zrangebyscore", "exists", "scard", "smembers", "sismember", "ttl", "pttl",
        "type", "strlen", "llen", "lrange", "lindex", "getbit", "bitcount", "hstrlen",
    )
}  # fmt: skip
WRITES: dict[str, frozenset[str]] = {
    method: frozenset({method.upper()})
    for method in (
        "set", "setex", "psetex", "setnx", "unlink", "expire", "pexpire", "expireat", "persist", "lpush", "rpush",
        "ltrim", "lrem", "sadd", "srem", "zadd", "zrem", "zincrby", "hset", "hdel", "hincrby", "hincrbyfloat",
        "hsetnx", "append", "publish", "incrbyfloat",
    )
} | {
    "delete": frozenset({"DEL"}),
    "incr": frozenset({"INCR", "INCRBY"}),
    "incrby": frozenset({"INCRBY"}),
    "decr": frozenset({"DECR", "DECRBY"}),
    "decrby": frozenset({"DECRBY"}),
}  # fmt: skip
# Writes that no value that a key has, and no argument that can be encoded, makes fail.
SURE = frozenset({"set", "delete", "unlink", "persist"})
# What writes in a loop that reads: keys that were read before it are stale then.
CHANGES = frozenset(WRITES) | {
    "hmset", "mset", "getset", "getdel", "lpop", "rpop", "spop", "zpopmin", "zpopmax", "rename", "flushdb", "flushall",
    "execute_command", "eval", "evalsha", "setbit", "xadd", "copy", "move", "restore", "smove", "rpoplpush",
}  # fmt: skip
# Names of these methods that objects of other kinds rarely have.
TELLING = CHANGES - {"set", "delete", "append", "copy", "move", "restore", "publish", "rename"}
# What makes a database keep what a round did.
SAVES = frozenset({"save", "create", "bulk_create", "get_or_create", "update_or_create", "commit", "execute", "flush"})
