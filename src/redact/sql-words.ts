/** The SQL words that mean something to the scanner or to the summary, as numbers. 0 is every other word. */
export const OTHER = 0;

// Words with a meaning of their own.
export const ALTER = 1;
export const AND = 2;
export const APPLY = 3;
export const BEGIN = 4;
export const BETWEEN = 5;
export const BY = 6;
export const CALL = 7;
export const CREATE = 8;
export const CROSS = 9;
export const DELETE = 10;
export const DISTINCT = 11;
export const DROP = 12;
export const EXEC = 13;
export const EXISTS = 14;
export const EXPLAIN = 15;
export const FROM = 16;
export const IDENTIFIED = 17;
export const IF = 18;
export const IMMEDIATE = 19;
export const IN = 20;
export const INSERT = 21;
export const INTO = 22;
export const IS = 23;
export const JOIN = 24;
export const LITERAL = 25;
export const MERGE = 26;
export const NOT = 27;
export const ON = 28;
export const OR = 29;
export const OUTER = 30;
export const PASSWORD = 31;
export const RECURSIVE = 32;
export const REPLACE = 33;
export const SELECT = 34;
export const TABLE = 35;
export const TOP = 36;
export const TRANSACTION = 37;
export const UPDATE = 38;
export const USING = 39;
export const VALUES = 40;
export const WITH = 41;
export const SET = 42;
export const SYSTEM = 43;

// Words of which only the group counts.
/** UNION and the like: the next SELECT continues the one before. */
export const SET_OPERATION = 50;
/** Ends the list of tables of FROM or UPDATE. */
export const CLAUSE = 51;
/** LIKE and the like: what follows is a value. */
export const COMPARISON = 52;
/** May stand between an operation and its target. */
export const MODIFIER = 53;
/** Starts a statement whose word alone is the summary. */
export const COMMAND = 54;
/** Starts a statement that names other operations, which are not carried out (GRANT SELECT). */
export const OPAQUE_COMMAND = 55;
/** Starts a statement whose next name is its target. */
export const TARGET_COMMAND = 56;
/** Starts a statement whose next name is its target, with TABLE between them or not. */
export const TABLE_COMMAND = 57;
/** Starts a statement of which the next word may be TRANSACTION. */
export const TRANSACTION_COMMAND = 58;
/** What CREATE, ALTER and DROP apply to. */
export const OBJECT = 59;
/** Such an object whose definition holds statements. */
export const ROUTINE = 60;
/** USER and ROLE, whose definition may hold a password. */
export const ACCOUNT = 61;
/** Starts an administrative statement that may hold a password. */
export const SECRET_COMMAND = 62;

const GROUPS: readonly (readonly [group: number, words: string])[] = [
  [ALTER, 'ALTER'],
  [AND, 'AND'],
  [APPLY, 'APPLY'],
  [BEGIN, 'BEGIN'],
  [BETWEEN, 'BETWEEN'],
  [BY, 'BY'],
  [CALL, 'CALL'],
  [CREATE, 'CREATE'],
  [CROSS, 'CROSS'],
  [DELETE, 'DELETE'],
  [DISTINCT, 'DISTINCT'],
  [DROP, 'DROP'],
  [EXEC, 'EXEC EXECUTE'],
  [EXISTS, 'EXISTS CONCURRENTLY'],
  [EXPLAIN, 'EXPLAIN DESCRIBE DESC'],
  [FROM, 'FROM'],
  [IDENTIFIED, 'IDENTIFIED'],
  [IF, 'IF'],
  [IMMEDIATE, 'IMMEDIATE'],
  [IN, 'IN'],
  [INSERT, 'INSERT'],
  [INTO, 'INTO'],
  [IS, 'IS'],
  [JOIN, 'JOIN STRAIGHT_JOIN'],
  [LITERAL, 'TRUE FALSE'],
  [MERGE, 'MERGE UPSERT'],
  [NOT, 'NOT'],
  [ON, 'ON'],
  [OR, 'OR'],
  [OUTER, 'OUTER'],
  [PASSWORD, 'PASSWORD'],
  [RECURSIVE, 'RECURSIVE'],
  [REPLACE, 'REPLACE'],
  [SELECT, 'SELECT'],
  [TABLE, 'TABLE TABLES'],
  [TOP, 'TOP'],
  [TRANSACTION, 'TRANSACTION TRAN WORK'],
  [UPDATE, 'UPDATE'],
  [USING, 'USING'],
  [VALUES, 'VALUES'],
  [WITH, 'WITH'],
  [SET, 'SET'],
  [SYSTEM, 'SYSTEM'],
  [SET_OPERATION, 'UNION INTERSECT EXCEPT MINUS'],
  [
    CLAUSE,
    'WHERE GROUP ORDER HAVING LIMIT OFFSET WINDOW QUALIFY RETURNING FOR WHEN CONFLICT DUPLICATE OPTION',
  ],
  [COMPARISON, 'LIKE ILIKE GLOB MATCH REGEXP RLIKE ESCAPE THEN ELSE'],
  [MODIFIER, 'ONLY LATERAL LOW_PRIORITY HIGH_PRIORITY DELAYED QUICK IGNORE OVERWRITE'],
  [
    COMMAND,
    'COMMENT VACUUM ANALYZE REINDEX REFRESH LISTEN UNLISTEN NOTIFY SAVEPOINT RELEASE DECLARE FETCH CLOSE PREPARE DEALLOCATE ' +
      'DISCARD CHECKPOINT ATTACH DETACH KILL DO OPEN LOAD RENAME CLUSTER OPTIMIZE FLUSH RESET ABORT END UNLOCK REASSIGN',
  ],
  [OPAQUE_COMMAND, 'GRANT REVOKE SHOW DENY'],
  [TARGET_COMMAND, 'USE COPY PRAGMA'],
  [TABLE_COMMAND, 'TRUNCATE LOCK'],
  [TRANSACTION_COMMAND, 'START COMMIT ROLLBACK'],
  [
    OBJECT,
    'VIEW INDEX DATABASE SCHEMA SEQUENCE TYPE DOMAIN EXTENSION KEYSPACE TABLESPACE COLLATION AGGREGATE SYNONYM POLICY RULE ' +
      'PUBLICATION SUBSCRIPTION SERVER LOGIN CATALOG',
  ],
  [ROUTINE, 'TRIGGER PROCEDURE PROC FUNCTION PACKAGE EVENT'],
  [ACCOUNT, 'USER ROLE'],
  [SECRET_COMMAND, 'CONNECT VALIDATE CHECK EXPORT IMPORT RECOVER'],
];

const WORDS = new Map<string, number>();
let longest = 0;
for (const [group, words] of GROUPS) {
  for (const word of words.split(' ')) {
    WORDS.set(word, group);
    longest = Math.max(longest, word.length);
  }
}
const LONGEST = longest;

/** The number of the word `text[start, end)`, in any case. */
export function wordAt(text: string, start: number, end: number): number {
  const length = end - start;
  if (length < 2 || length > LONGEST) return OTHER;
  return WORDS.get(text.slice(start, end).toUpperCase()) ?? OTHER;
}
