import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreTool;

/** A file that kills left mostly empty is written anew before it is served. It takes as long as what lives in it needs. */
final class Compaction {
  private static final long FLOOR_BYTES = 128L << 20;
  private static final int WORTHWHILE_BELOW_PERCENT = 40;

  private Compaction() {}

  static boolean worthwhile(MVStore store) {
    long size = store.getFileStore().size();
    return size > FLOOR_BYTES && livingPercent(store) < WORTHWHILE_BELOW_PERCENT;
  }

  private static int livingPercent(MVStore store) {
    return store.getFileStore().getFillRate() * store.getFileStore().getChunksFillRate() / 100;
  }

  /** A crash leaves the old file or the new one, both whole. The lock on the old one is held until it has been replaced. */
  static void replace(MVStore store, Path file) throws IOException {
    Path copy = file.resolveSibling(file.getFileName() + ".compact");
    long started = System.nanoTime();
    long before = store.getFileStore().size();
    Files.deleteIfExists(copy);
    try (MVStore target = new MVStore.Builder().fileName(copy.toString()).open()) {
      MVStoreTool.compact(store, target);
    }
    try (FileChannel written = FileChannel.open(copy, StandardOpenOption.WRITE)) {
      written.force(true);
    }
    Files.move(copy, file, StandardCopyOption.ATOMIC_MOVE);
    store.closeImmediately();
    System.out.printf(
        "compacted %s from %d to %d MB in %d ms%n",
        file.getFileName(), before >> 20, Files.size(file) >> 20, (System.nanoTime() - started) / 1_000_000);
  }
}
