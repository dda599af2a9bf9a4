import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.EmptyIndex;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import java.util.List;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ObjectDataType;

/** The stock backend over maps that know what they hold: a map opened here first is the one the backend then gets. */
final class TypedBackend extends H2Backend {
  TypedBackend(MVStore store) {
    super(store);
  }

  @Override
  protected MongoDatabase openOrCreateDatabase(String name) {
    return new TypedDatabase(name, getMvStore(), getCursorRegistry());
  }

  /** An inner class: the base constructor already calls the methods below, when only the outer instance is there. */
  private final class TypedDatabase extends H2Database {
    private TypedDatabase(String name, MVStore store, CursorRegistry cursors) {
      super(name, store, cursors);
    }

    @Override
    protected MongoCollection<Object> openOrCreateCollection(String name, CollectionOptions options) {
      String map = "databases." + getFullCollectionNamespace(name);
      getMvStore().openMap(map, new MVMap.Builder<Object, Document>().keyType(new ObjectDataType()).valueType(new DocumentType()));
      return super.openOrCreateCollection(name, options);
    }

    @Override
    protected Index<Object> openOrCreateUniqueIndex(String collection, String index, List<IndexKey> keys, boolean sparse) {
      String map = getFullCollectionNamespace(collection) + "._index_" + index;
      getMvStore().openMap(map, new MVMap.Builder<KeyValue, Object>().keyType(new KeyType()).valueType(new ObjectDataType()));
      return super.openOrCreateUniqueIndex(collection, index, keys, sparse);
    }

    /** Other indexes than unique ones hold nothing here. An empty one is filled, by two walks over everything, at each start. */
    @Override
    protected Index<Object> openOrCreateSecondaryIndex(String collection, String index, List<IndexKey> keys, boolean sparse) {
      return new EmptyIndex<>(index, keys) {
        @Override
        public boolean isEmpty() {
          return false;
        }
      };
    }
  }
}
