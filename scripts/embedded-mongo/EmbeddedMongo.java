import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;

/**
 * A MongoDB wire-protocol server on one file, for evaluation and tests.
 * Usage: EmbeddedMongo DIR PORT [--no-durable-commit]; prints "listening PORT" when it is ready.
 * With --only-start it ends right then.
 */
public final class EmbeddedMongo {
  /** What no version in use needs is overwritten after so long; a running read keeps its version (GroupCommit). */
  private static final int RETENTION_MS = 2_000;
  /** A connection waits on its thread for the group commit, so there are more threads than cores. */
  private static final int CONNECTION_THREADS = 64;
  private static final int COMPACT_AT_CLOSE_MS = 500;

  /** Current drivers need at least wire version 9; the stock server reports 8. */
  private record Version() implements MongoVersion {
    @Override
    public List<Integer> getVersionArray() {
      return List.of(5, 0, 0);
    }

    @Override
    public int getWireVersion() {
      return 13;
    }
  }

  public static void main(String[] args) throws IOException {
    Path dir = Files.createDirectories(Path.of(args[0]));
    int port = Integer.parseInt(args[1]);
    boolean durable = !List.of(args).contains("--no-durable-commit");
    Path file = dir.resolve("store.mv");
    MVStore store = open(file, durable);
    if (Compaction.worthwhile(store)) {
      Compaction.replace(store, file);
      store = open(file, durable);
    }
    MongoBackend backend = new TypedBackend(store);
    backend.version(new Version());
    GroupCommit commits = durable ? new GroupCommit(store) : null;
    MongoServer server = new MongoServer(durable ? DurableBackend.before(backend, commits) : backend);
    server.bind(new InetSocketAddress("127.0.0.1", port), 1, CONNECTION_THREADS);
    MVStore served = store;
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(server, commits, served)));
    System.out.println("listening " + server.getLocalAddress().getPort());
    if (List.of(args).contains("--only-start")) {
      System.exit(0);
    }
  }

  private static MVStore open(Path file, boolean durable) {
    MVStore.Builder builder = new MVStore.Builder().fileName(file.toString()).cacheSize(64);
    // A commit of the store's own in the middle of a write would put a document on disk without its index entry.
    if (durable) {
      builder.autoCommitDisabled().autoCommitBufferSize(0);
    }
    try {
      MVStore store = builder.open();
      store.setRetentionTime(RETENTION_MS);
      return store;
    } catch (MVStoreException e) {
      System.err.println(e.getErrorCode() == DataUtils.ERROR_FILE_LOCKED ? "another process serves " + file : e);
      System.exit(2);
      throw e;
    }
  }

  private static void close(MongoServer server, GroupCommit commits, MVStore store) {
    server.stopListening();
    if (commits != null) {
      commits.stop();
      store.close(COMPACT_AT_CLOSE_MS);
    }
  }
}
