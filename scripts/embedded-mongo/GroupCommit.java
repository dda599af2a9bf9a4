import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.h2.mvstore.MVStore;

/**
 * One commit of the store serves every write that waits for it. Commits exclude writes, so what a crash leaves is
 * always a state between two writes: a document with all its index entries, or without any.
 */
final class GroupCommit {
  private static final long HOUSEKEEPING_EVERY_NS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int FILL_RATE = 60;
  private static final int REWRITE_BYTES = 2 << 20;

  private final MVStore store;
  private final ReentrantReadWriteLock writes = new ReentrantReadWriteLock(true);
  private final ReentrantLock mutex = new ReentrantLock();
  private final Condition wanted = mutex.newCondition();
  private final Condition done = mutex.newCondition();
  private long applied;
  private long durable;
  private boolean stopped;
  private long lastHousekeeping = System.nanoTime();

  GroupCommit(MVStore store) {
    this.store = store;
    Thread committer = new Thread(this::run, "group-commit");
    committer.setDaemon(true);
    committer.start();
  }

  /** Runs a write and returns, or throws, only when everything it did is in the file. */
  <T> T write(Supplier<T> command) {
    long ticket;
    writes.readLock().lock();
    try {
      return command.get();
    } finally {
      ticket = apply();
      writes.readLock().unlock();
      await(ticket);
    }
  }

  /** Runs a read while the pages of its version are kept, however long it walks over them. */
  <T> T read(Supplier<T> command) {
    MVStore.TxCounter version = store.registerVersionUsage();
    try {
      return command.get();
    } finally {
      store.deregisterVersionUsage(version);
    }
  }

  /** Waits until all that a reader may just have seen is in the file. */
  void settle() {
    // In this order: a write that is no longer running has already drawn its ticket.
    boolean running = writes.getReadLockCount() > 0;
    if (running) {
      writes.writeLock().lock();
    }
    long ticket = lastTicket();
    if (running) {
      writes.writeLock().unlock();
    }
    await(ticket);
  }

  void stop() {
    writes.writeLock().lock();
    mutex.lock();
    stopped = true;
    wanted.signal();
    mutex.unlock();
    store.commit();
    // The lock stays held: no write may follow the last commit.
  }

  private long lastTicket() {
    mutex.lock();
    try {
      return applied;
    } finally {
      mutex.unlock();
    }
  }

  private long apply() {
    mutex.lock();
    try {
      applied++;
      wanted.signal();
      return applied;
    } finally {
      mutex.unlock();
    }
  }

  private void await(long ticket) {
    mutex.lock();
    try {
      while (durable < ticket) {
        done.awaitUninterruptibly();
      }
    } finally {
      mutex.unlock();
    }
  }

  private void run() {
    try {
      while (awaitWork()) {
        long target = commit();
        mutex.lock();
        durable = target;
        done.signalAll();
        mutex.unlock();
      }
    } catch (Throwable failure) {
      // Disk full or a broken file: nobody may be told that a write succeeded, so the process ends here.
      System.err.println("commit failed: " + failure);
      Runtime.getRuntime().halt(3);
    }
  }

  private boolean awaitWork() {
    mutex.lock();
    try {
      while (applied == durable && !stopped) {
        wanted.awaitUninterruptibly();
      }
      return !stopped;
    } finally {
      mutex.unlock();
    }
  }

  private long commit() {
    writes.writeLock().lock();
    try {
      long target;
      mutex.lock();
      target = applied;
      mutex.unlock();
      housekeeping();
      store.commit();
      return target;
    } finally {
      writes.writeLock().unlock();
    }
  }

  /** The store's own background thread is off (it would commit in the middle of a write), so its work is done here. */
  private void housekeeping() {
    if (System.nanoTime() - lastHousekeeping > HOUSEKEEPING_EVERY_NS) {
      store.compact(FILL_RATE, REWRITE_BYTES);
      lastHousekeeping = System.nanoTime();
    }
  }
}
