import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;

/** Stands before the backend: a write, or its error, is answered only when the file holds it. */
final class DurableBackend {
  /** Whatever is not surely a read is treated as a write. */
  private static final Set<String> READS =
      Set.of(
          "find", "getmore", "count", "distinct", "aggregate", "killcursors", "listcollections", "listindexes",
          "hello", "ismaster", "ping", "buildinfo", "serverstatus", "whatsmyuri", "endsessions", "listdatabases",
          "collstats", "dbstats", "getlog", "getlasterror", "connectionstatus", "hostinfo", "validate");

  private DurableBackend() {}

  static MongoBackend before(MongoBackend backend, GroupCommit commits) {
    return (MongoBackend)
        Proxy.newProxyInstance(
            MongoBackend.class.getClassLoader(),
            new Class<?>[] {MongoBackend.class},
            (proxy, method, args) -> {
              Supplier<Object> call = () -> call(backend, method, args);
              Document command = commandOf(method, args);
              if (command == null) {
                return call.get();
              }
              if (isWrite(command)) {
                return commits.write(call);
              }
              Object answer = commits.read(call);
              if (isMajorityRead(command)) {
                commits.settle();
              }
              return answer;
            });
  }

  private static Document commandOf(Method method, Object[] args) {
    return switch (method.getName()) {
      case "handleMessage" -> ((MongoMessage) args[0]).getDocument();
      case "handleCommand" -> (Document) args[3];
      case "dropDatabase" -> new Document("dropDatabase", 1);
      default -> null;
    };
  }

  private static boolean isWrite(Document command) {
    String name = command.keySet().iterator().next().toLowerCase(Locale.ROOT);
    return !READS.contains(name) || (name.equals("aggregate") && writesItsResult(command));
  }

  private static boolean writesItsResult(Document command) {
    return command.get("pipeline") instanceof List<?> stages
        && stages.stream()
            .anyMatch(stage -> stage instanceof Document d && (d.containsKey("$out") || d.containsKey("$merge")));
  }

  private static boolean isMajorityRead(Document command) {
    return command.get("readConcern") instanceof Document concern && "majority".equals(concern.get("level"));
  }

  private static Object call(MongoBackend backend, Method method, Object[] args) {
    try {
      return method.invoke(backend, args);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }
}
