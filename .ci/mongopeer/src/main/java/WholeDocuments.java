import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.QueryParameters;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.backend.memory.MemoryCollection;
import de.bwaldvogel.mongo.backend.memory.MemoryDatabase;
import de.bwaldvogel.mongo.bson.Document;
import java.util.List;

/**
 * A backend that answers documents as they were when they were found, as MongoDB does. The library's own answers the
 * stored documents themselves and encodes them later, while updates change them: a reader may see the new revision of
 * a document beside its old content.
 */
final class WholeDocuments extends MemoryBackend {
    WholeDocuments(MongoVersion version) { version(version); }

    @Override public MemoryDatabase openOrCreateDatabase(String name) { return new Database(name, getCursorRegistry()); }

    private static final class Database extends MemoryDatabase {
        Database(String name, CursorRegistry cursors) { super(name, cursors); }

        @Override protected MemoryCollection openOrCreateCollection(String name, CollectionOptions options) {
            return new Collection(this, name, options, cursorRegistry);
        }
    }

    private static final class Collection extends MemoryCollection {
        private boolean answering; // the lock of the collection is held

        Collection(MongoDatabase database, String name, CollectionOptions options, CursorRegistry cursors) {
            super(database, name, options, cursors);
        }

        @Override public synchronized QueryResult handleQuery(QueryParameters query) {
            answering = true;
            try {
                return super.handleQuery(query);
            } finally {
                answering = false;
            }
        }

        @Override protected QueryResult createQueryResult(List<Document> found, int batchSize) {
            return super.createQueryResult(answering ? found.stream().map(Document::cloneDeeply).toList() : found, batchSize);
        }
    }
}
